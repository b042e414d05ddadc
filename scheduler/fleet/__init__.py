"""The scheduler room, the fleet: an archive on PostgreSQL is worked on by many machines. Procrastinate lives here alone.

`tables` lays Procrastinate's tables beside the archive's, `board` is where the clock pins jobs and everybody sees them,
`dispatch` stands in the service where a small installation has its worker, and `hand` takes the jobs: `newsarchive worker`.
Jobs are notes of what is due, no more: the truth about turns, webhooks and replays is in the archive, and a job that runs twice
finds nothing to do the second time.
"""
