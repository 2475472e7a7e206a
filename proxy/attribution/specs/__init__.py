"""What a rule set says about each scheme: frozen values, one module per family."""
