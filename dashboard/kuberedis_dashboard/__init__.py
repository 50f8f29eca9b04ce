"""The dashboard: pages on which users see their instances and steer them, with the rights that they have in the cluster."""
