"""`kuberedis status`: gather what is known of an instance, put it into a report, show the report."""
