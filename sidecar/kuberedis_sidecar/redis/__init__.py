"""Redis: RESP, shared connections by grant, and the server of the pod."""
