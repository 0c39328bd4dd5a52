"""Pictures as the parameters of an optimisation: what a picture is optimised in decides what comes out."""
