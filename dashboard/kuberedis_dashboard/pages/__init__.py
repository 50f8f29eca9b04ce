"""The pages, a module each. A module has `ROUTES`, which `app.PAGES` lists."""
