"""Who a request comes from: credentials, sessions, and what a request has to prove."""
