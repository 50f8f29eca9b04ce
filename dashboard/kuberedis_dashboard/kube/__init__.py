"""The Kubernetes API, asked with the credential of one user."""
