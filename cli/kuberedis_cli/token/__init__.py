"""`kuberedis token`: mint an access token, and explain one."""
