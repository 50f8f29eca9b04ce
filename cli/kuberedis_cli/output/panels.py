"""Headings of the help, below which commands of one kind stand."""

INSTANCES = "Instances"
IN_A_CLUSTER = "In a cluster"
THIS_PROGRAM = "This program"
