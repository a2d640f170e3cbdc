"""What is made of a store: tables to query, and trends."""
