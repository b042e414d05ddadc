"""The scheduler: makes crawls happen by themselves. APScheduler lives in this room and nowhere else."""
