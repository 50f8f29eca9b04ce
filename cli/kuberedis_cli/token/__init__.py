"""`kuberedis token`: mint an access token, explain one, and revoke one."""
