"""What makes a verb a program: settings, parameters, the terminal, reports, provenance.

Verbs are the modules beside this folder; nothing of the flow may enter.
"""
