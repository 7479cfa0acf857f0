"""Documents of sections, tables and pictures, and their formats: HTML, Markdown, LaTeX, CSV."""
