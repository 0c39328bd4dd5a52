"""`python -m nccodec.experiments NAME`: one module a study, behind the figures of README.md. Nothing imports them."""
