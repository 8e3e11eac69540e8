"""The pages behind the links in messages: what a prospect sees, without a login and without JavaScript."""
