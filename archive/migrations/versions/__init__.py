"""The archive room: the migrations themselves, oldest first."""
