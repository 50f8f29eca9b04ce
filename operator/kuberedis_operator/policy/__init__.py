"""What a tenant may ask for of what reaches beyond its namespace: one table, for the operator and for the API server. Pure."""
