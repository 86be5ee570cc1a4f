"""How work is run: units, the store of finished work, the runner."""
