"""A local exchange with the wire protocol of the real one."""
