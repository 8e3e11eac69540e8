"""The check that promise 1 holds, over the whole database and Temporal, and what mends it where it does not."""
