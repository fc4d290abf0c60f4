"""All that is looked at, in the order in which it is told."""

from grader.doctor import environment, folder, system

LOOKS = (
    folder.place,
    folder.given,
    system.system,
    environment.python,
    environment.variables,
    environment.environment,
    environment.versions,
    system.disk,
    system.memory,
    folder.permissions,
    folder.synced,
    folder.speed,
    environment.proxy,
    system.driver,
)
