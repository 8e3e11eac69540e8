"""The manager's pages: the figures and who waits now, the lead map, the daily reviews, and the leads behind it all."""
