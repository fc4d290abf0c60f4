"""JupyterLab in the container: reached from outside it, and quiet but for the link with its token."""

import os

c = get_config()  # of Jupyter
c.ServerApp.ip = "0.0.0.0"  # the container's; the machine publishes it to itself alone
c.ServerApp.port = 8888
c.ServerApp.open_browser = False
c.ServerApp.use_redirect_file = False
c.ServerApp.answer_yes = True  # Ctrl-C asks nothing
c.ServerApp.custom_display_url = os.environ.get("LABKIT_URL", "http://localhost:8888") + "/lab"
c.ServerApp.log_level = "WARN"
c.LabApp.extension_manager = "readonly"  # these would ask the network
c.LabApp.news_url = None
c.LabApp.check_for_updates_class = "jupyterlab.NeverCheckForUpdate"
