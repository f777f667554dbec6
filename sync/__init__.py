"""The central server: it runs every command once, for good, and sends everyone the rows they may see."""
