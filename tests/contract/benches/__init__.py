"""The CRMs the contract of destinations is proved on: each adapter over a CRM seeded alike."""
