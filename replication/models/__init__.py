"""The models' equations, in the papers' symbols."""
