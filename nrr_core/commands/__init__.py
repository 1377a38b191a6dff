"""The commands of the command line, in rooms: questions, plans, what is kept, what is proved, and the app's upkeep."""
