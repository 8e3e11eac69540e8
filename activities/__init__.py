"""Which side effects a workflow may ask for; `ports` names what they need as Protocols."""
