"""How everything is put together and started: settings, composition root, servers, command line."""
