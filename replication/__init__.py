"""How it is answered: the models, and one script per table or figure of the papers."""
