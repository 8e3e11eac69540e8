"""How people and programs talk to us: the application's commands and the REST interface over them."""
