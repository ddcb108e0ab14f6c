"""The URLs of the accounts room."""

from django.contrib.auth.views import LogoutView
from django.urls import path

from accounts.views import account, api_keys, invitations, members, sign_in

app_name = "accounts"

urlpatterns = [
    path("sign-in/", sign_in.SignIn.as_view(), name="sign_in"),
    path("sign-out/", LogoutView.as_view(), name="sign_out"),
    path("password/", sign_in.PasswordChange.as_view(), name="password"),
    path("password/forgotten/", sign_in.forgotten, name="forgotten"),
    path("welcome/<uidb64>/<token>/", sign_in.Welcome.as_view(), name="welcome"),
    path("password/done/", sign_in.PasswordChanged.as_view(), name="password_done"),
    path("account/", account.switch, name="switch"),
    path("language/", account.language, name="language"),
    path("settings/", account.settings_home, name="settings"),
    path("settings/keys/", api_keys.key_list, name="keys"),
    path("settings/keys/new/", api_keys.key_create, name="key_create"),
    path("settings/keys/<int:pk>/delete/", api_keys.key_delete, name="key_delete"),
    path("settings/members/", members.member_list, name="members"),
    path("settings/members/new/", members.member_add, name="member_add"),
    path("settings/members/<int:pk>/role/", members.member_role, name="member_role"),
    path("settings/members/<int:pk>/remove/", members.member_remove, name="member_remove"),
    path("settings/invitations/<int:pk>/again/", invitations.invitation_again, name="invitation_again"),
    path("settings/invitations/<int:pk>/revoke/", invitations.invitation_revoke, name="invitation_revoke"),
    path("invitation/<str:token>/", invitations.invitation_link, name="invitation_link"),
    path("invitation/", invitations.invitation, name="invitation"),
    path("settings/general/", account.general, name="general"),
]
