"""The servers that Followthrough brings along: PostgreSQL and Temporal as child processes on this machine."""
