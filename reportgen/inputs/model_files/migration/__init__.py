"""Old configurations become today's: small named rules, each one change with a sentence.

A rule looks at one stored object (a layer or a model: a JSON object with `class_name` and `config`)
and returns it changed, or the very same object when the rule does not concern it. `migrate` applies
every rule to every object, outermost first. Nothing here needs Keras.
"""

from reportgen.inputs.model_files.migration.driver import RULES, Migrated, migrate
from reportgen.inputs.model_files.migration.rule import Rule

__all__ = ["RULES", "Migrated", "Rule", "migrate"]
