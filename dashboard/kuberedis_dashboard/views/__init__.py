"""What a page shows, from objects of Kubernetes and answers of sidecars. Pure: no event loop, no connection, no time of day."""
