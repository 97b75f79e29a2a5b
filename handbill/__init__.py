"""Print patient leaflets in many languages from Markdown, Jinja templates and gettext catalogs."""

__version__ = "26.11.0"
