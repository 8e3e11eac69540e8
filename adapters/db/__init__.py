"""PostgreSQL: the rows, the migrations, and the only places where queries are written."""
