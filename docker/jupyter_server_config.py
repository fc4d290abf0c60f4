"""JupyterLab in the container: reached from outside it, and quiet but for the link with its token.

Jupyter's own message names the container's address, which nobody can open, so the token is made and told here.
"""

import os
import secrets

c = get_config()  # of Jupyter
c.Application.log_level = "WARN"
c.ServerApp.ip = "0.0.0.0"  # the container's; the machine publishes it to itself alone
c.ServerApp.port = 8888
c.ServerApp.open_browser = False
c.ServerApp.allow_root = True  # where the engine runs as an ordinary user, that user is the container's root
c.ServerApp.answer_yes = True  # Ctrl-C asks nothing
c.LabApp.extension_manager = "readonly"  # these would ask the network
c.LabApp.news_url = None
c.LabApp.check_for_updates_class = "jupyterlab.NeverCheckForUpdate"

os.environ["JUPYTER_TOKEN"] = os.environ.get("JUPYTER_TOKEN") or secrets.token_hex(24)
url = os.environ.get("LABKIT_URL", "http://localhost:8888")
print(f"JupyterLab: {url}/lab?token={os.environ['JUPYTER_TOKEN']}", flush=True)
