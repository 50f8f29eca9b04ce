"""From a bearer to a credential and the grant that it carries."""
