"""Makes the Grafana dashboards of config/monitoring/dashboards: `make grafana`."""
