"""What we remember: the record of one person's or one team's clouds.

``glance`` is the fast look (stdlib only), ``store`` the record itself; importing this package
loads neither.
"""
