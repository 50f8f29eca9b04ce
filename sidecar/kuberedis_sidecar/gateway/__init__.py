"""The gateway of one instance: authentication, execution of plans, subscriptions, documents and metrics."""
