"""The verbs: may, load, work, save. The only way to see or change anything.

Each takes the workspace and the actor first, requires its action and stays inside the actor's
scope.
"""
