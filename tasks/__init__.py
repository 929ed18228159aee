"""What is asked: data sets and simulators. Nothing here knows of models."""
