"""The CRMs, one room each: every one speaks the ports of this package's floor and none knows another."""
