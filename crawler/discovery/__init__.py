"""The crawler room, discovery: how the addresses of new articles are found. Pure."""
