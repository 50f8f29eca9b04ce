"""`kuberedis report`: what somebody who helps has to see, in one file without secrets."""
