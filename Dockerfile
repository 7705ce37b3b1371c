FROM python:3.13-slim
WORKDIR /app
RUN useradd --create-home plsync && chown plsync /app
COPY --chown=plsync pyproject.toml constraints.txt README.md config.example.toml ./
COPY --chown=plsync plsync ./plsync
COPY --chown=plsync bot ./bot
COPY --chown=plsync connector ./connector
COPY --chown=plsync sandbox ./sandbox
COPY --chown=plsync mappings ./mappings
# Editable, so that the demo finds config.example.toml and RevOps can mount its own mappings over /app/mappings.
RUN pip install --no-cache-dir -c constraints.txt -e '.[postgresql]'
USER plsync
EXPOSE 8780
ENTRYPOINT ["plsync"]
CMD ["serve", "--config", "/app/config.toml"]
