"""The program that receives everything the exchange publishes and keeps it in databases of its own."""
