"""Where the rooms are put together: settings, urls, the rules about third-party tables."""
