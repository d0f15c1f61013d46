"""What makes a data set one that can be trusted, and lets it be handed round."""
